"""Events, waits, errors, settings: what every other package stands on."""
