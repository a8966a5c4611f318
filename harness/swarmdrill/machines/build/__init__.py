"""Builds what machines are made from: root file systems, boxes."""
