"""Virtual machines of libvirt."""
