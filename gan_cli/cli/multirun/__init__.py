"""`gan-train -m`: between Hydra, its launchers and sweepers, and the jobs of the room `sweeps`."""
