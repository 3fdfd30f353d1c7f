"""What a run computes on: devices, replicas, and workers of one machine or several.

Importing this imports no TensorFlow.
"""
