"""Virtual machines of VirtualBox."""
