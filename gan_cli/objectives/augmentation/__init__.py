"""What a discriminator sees of an image: changed by chance, noisy, in packs."""
