"""The verb that drills."""
