# Machines that are containers, for Vagrant's own provider `docker`.

# Vagrant lists the host's containers and then inspects each for its ports, and fails when one is gone by then or is
# only being created. These machines forward no ports, so nobody else's are of interest.
require Vagrant.source_root.join("plugins/providers/docker/driver").to_s
VagrantPlugins::DockerProvider::Driver.class_eval { define_method(:read_used_ports) { {} } }

module SwarmdrillMachines
  # What a machine keeps when its container is exchanged for one from another image: /var/lib/docker.
  def self.volume(plan, name)
    "swarmdrill-#{plan['id']}-#{name}"
  end

  # After a bare `vagrant destroy`, which leaves volumes.
  def self.went_away(plan, name)
    system("docker", "volume", "rm", "--force", volume(plan, name), out: File::NULL)
  end

  def self.define(machine, plan, node, key)
    machine.vm.provider :docker do |container, override|
      override.vm.hostname = node["name"]
      # The engine picks a free loopback port (--publish 127.0.0.1::22); one of Vagrant's could be taken by then.
      override.vm.network :forwarded_port, guest: 22, host: 2222, id: "ssh", disabled: true
      container.image = node["made_from"] || plan["machine"]["image"]
      container.name = "swarmdrill-#{plan['id']}-#{node['name']}"
      container.has_ssh = true
      container.remains_running = true
      # Seconds for an orderly stop; a machine that is destroyed needs none.
      container.stop_timeout = ARGV.include?("destroy") ? 0 : 30
      # Vagrant's own private_network looks at every network of the host and fails when another lab's goes meanwhile.
      container.create_args = plan["machine"]["run_arguments"] + [
        "--mount", "source=#{volume(plan, node['name'])},#{plan['machine']['volume']}",
        "--network", plan["network"], "--ip", node["address"],
      ]
      container.env = {
        "SWARMDRILL_AUTHORIZED_KEY" => File.read("#{key}.pub").strip,
        "SWARMDRILL_DISK" => plan["machine"]["disk"].to_s,
        "SWARMDRILL_REGISTRY" => plan["registry"] ? "yes" : "no",
      }
    end
  end
end
