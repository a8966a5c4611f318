"""Verbs that the Vagrantfile calls, between Vagrant and the harness: plan, form, release."""
