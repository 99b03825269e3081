"""The planning process: pure decisions that take longer than the serving loop may wait.

It knows numbers alone: places, sizes, seconds. numpy and scipy are loaded here.
"""
