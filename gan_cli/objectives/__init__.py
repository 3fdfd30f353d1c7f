"""What models are composed of: adversarial losses, penalties, likelihoods, and what a discriminator
sees.

Networks live in `networks`; which of these a model takes is said in its file in `models`.
"""
