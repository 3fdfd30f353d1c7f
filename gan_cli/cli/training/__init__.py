"""What `gan-train` does beside parsing its command line, and `gan_cli.train` does too."""
