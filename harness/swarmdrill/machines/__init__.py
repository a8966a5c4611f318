"""What the machines are made of, per provider; everything above it only knows Vagrant and capabilities."""
