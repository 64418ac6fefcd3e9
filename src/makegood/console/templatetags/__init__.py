"""Template tags of the console, which the public pages load too."""
