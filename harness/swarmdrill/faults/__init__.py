"""What breaks: directories, disks, engines, power, addresses."""
