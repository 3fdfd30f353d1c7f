"""What several metrics compute with: checks of their arrays, neighbours, SSIM, histograms.

Metrics themselves are the files beside this room.
"""
