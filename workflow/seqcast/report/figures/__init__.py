"""Figures of the report. Functions draw on the axes they are given and save nothing but `save`."""
