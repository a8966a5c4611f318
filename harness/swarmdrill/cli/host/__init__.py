"""Verbs that look after this computer rather than a lab: doctor, setup, clean."""
