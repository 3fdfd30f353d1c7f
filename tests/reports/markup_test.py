"""Text never becomes markup."""

from gan_cli.reports.markup import Markup, cut, joined, tag, text


def test_text_is_escaped_and_markup_is_not() -> None:
    assert tag("p", "a < b & \"c\" 'd'") == "<p>a &lt; b &amp; &quot;c&quot; &#x27;d&#x27;</p>"
    assert tag("p", tag("b", "<i>"), None, " x") == "<p><b>&lt;i&gt;</b> x</p>"
    assert isinstance(joined("<", Markup("<br>")), Markup)
    assert joined("<", Markup("<br>")) == "&lt;<br>"


def test_attributes() -> None:
    made = tag(
        "tr",
        class_="a",
        data_job=3,
        title='"><script>',
        hidden=True,
        open=False,
        id=None,
        viewBox="0 0 1 1",
    )
    assert made == (
        '<tr class="a" data-job="3" title="&quot;&gt;&lt;script&gt;" hidden viewBox="0 0 1 1"></tr>'
    )
    assert tag("img", src="data:x") == '<img src="data:x">'


def test_what_nobody_sees_is_shown() -> None:
    assert text("a\x1b[31m\n\u202eb\ud800") == "a\\x1b[31m\\n\\u202eb\\ud800"


def test_long_texts_are_cut_and_kept_for_the_pointer() -> None:
    assert cut("x" * 60) == "x" * 60
    assert cut("<" * 61) == f'<span title="{"&lt;" * 61}">{"&lt;" * 59}…</span>'
    assert len(cut("x" * 100_000)) < 1100
