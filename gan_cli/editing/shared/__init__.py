"""What edits share: the run that is edited, spaces, the search for images, what users name."""
