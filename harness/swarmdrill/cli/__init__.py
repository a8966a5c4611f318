"""The command `swarmdrill`, one module for each verb."""
