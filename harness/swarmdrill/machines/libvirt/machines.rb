# Virtual machines of libvirt, for the plugin vagrant-libvirt.
require "digest"

module SwarmdrillMachines
  def self.went_away(_plan, _name) end

  # Host name, machine id and key are on the kernel's command line, the address comes by DHCP: Vagrant has
  # nothing to change in the machine, which would cost it minutes where the processor is emulated.
  def self.define(machine, plan, node, key)
    machine.vm.provider :libvirt do |domain, override|
      options = plan["machine"]
      override.vm.box = options["box"]
      override.vm.box_version = options["box_version"]
      override.vm.box_url = options["box_url"]
      override.vm.box_check_update = false
      override.vm.boot_timeout = 600

      domain.uri = options["uri"]
      domain.driver = options["driver"]
      domain.default_prefix = "swarmdrill-#{plan['id']}-"
      if options["cpu"] == "host-passthrough"
        domain.cpu_mode = "host-passthrough"
      else
        domain.cpu_mode = "custom"
        domain.cpu_model = options["cpu"]
        domain.cpu_fallback = "forbid"
      end
      domain.cpus = 1
      domain.memory = options["memory"]
      domain.graphics_type = "none"
      domain.storage_pool_name = options["pool"]
      # What the guest has written is kept when the machine is killed, and lost only with the host.
      domain.volume_cache = "unsafe"

      domain.kernel = options["kernel"]
      domain.initrd = options["initrd"]
      domain.cmd_line = [
        "console=ttyS0 net.ifnames=0 quiet",
        "systemd.hostname=#{node['name']}",
        "systemd.machine_id=#{Digest::MD5.hexdigest("#{plan['id']} #{node['name']}")}",
        "swarmdrill.ssh-ed25519=#{File.read("#{key}.pub").split[1]}",
        *(plan["registry"] ? ["swarmdrill.registry"] : []),
      ].join(" ")

      domain.management_network_name = plan["network"]
      domain.management_network_address = plan["subnet"]
      domain.management_network_mac = format("%s:%02x", options["hardware_prefix"], node["address"].split(".").last.to_i)
      # The harness made it and removes it.
      domain.management_network_keep = true
    end
  end
end
