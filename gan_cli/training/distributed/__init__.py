"""One run on several devices or in several processes."""
