# Virtual machines of VirtualBox, for Vagrant's own provider `virtualbox`.
require "digest"

module SwarmdrillMachines
  def self.went_away(_plan, _name) end

  # A disk starts itself here, so name, machine id, key and address are in the firmware's table (machine-init reads
  # it). Vagrant comes in by the first card, forwarded from a loopback port; the second is the lab's network.
  def self.define(machine, plan, node, key)
    machine.vm.provider :virtualbox do |vm, override|
      options = plan["machine"]
      override.vm.box = options["box"]
      override.vm.box_version = options["box_version"]
      override.vm.box_url = options["box_url"]
      override.vm.box_check_update = false
      identity = Digest::MD5.hexdigest("#{plan['id']} #{node['name']}")
      override.vm.network :private_network, ip: node["address"], virtualbox__intnet: plan["network"], auto_config: false,
                                            mac: "02#{identity[0, 10]}"

      vm.name = "swarmdrill-#{plan['id']}-#{node['name']}"
      vm.cpus = 1
      vm.memory = options["memory"]
      vm.default_nic_type = "virtio"
      vm.check_guest_additions = false
      vm.functional_vboxsf = false
      vm.customize ["modifyvm", :id, "--natnet1", options["nat_network"]]
      firmware = "VBoxInternal/Devices/pcbios/0/Config"
      settings = {
        **options["extra_data"],
        "#{firmware}/DmiSystemSKU" => [
          *["swarmdrill", node["name"], identity, "#{node['address']}/24"], *(plan["registry"] ? ["registry"] : []),
        ].join(" "),
        "#{firmware}/DmiSystemSerial" => File.read("#{key}.pub").split[1],
      }
      settings.each { |key, value| vm.customize ["setextradata", :id, key, value] }
    end
  end
end
