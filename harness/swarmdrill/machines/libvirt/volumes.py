"""How this product names volumes in its pool of libvirt: by its name a volume is known to be its own."""

import re

from swarmdrill.machines.build import box
from swarmdrill.machines.names import PREFIX

# A disk as vagrant-libvirt looks for it, in any pool (0.11, handle_box_image).
DISK = f"{box.NAME.replace('/', '-VAGRANTSLASH-')}_vagrant_box_image_{{version}}_box.img"
# A volume that is not all there yet, and the process that uploads it.
HALF = re.compile(r"half-(?P<process>\d+)-")
_VERSION = r"\d+\.\d+\.\d+\.\d+"
_PART = rf"{re.escape(DISK).replace(re.escape('{version}'), _VERSION)}|(vmlinuz|initrd)-{_VERSION}"
# Parts of a box, all there or not, and disks of machines with the lab's id, which ends with eight digits.
OURS = re.compile(rf"({HALF.pattern})?({_PART})|{PREFIX}.+-[0-9a-f]{{8}}-(manager|worker)\d+[.-].+")
