//! A drop-in for the runner's systemd unit.

use std::fmt::Write as _;

use super::Plan;

/// What else a runner does without. Its workers close themselves in further than this; see `docs/security.md`.
const HARDENING: &str = "\
# Families of sockets: none that reaches a device or the kernel.
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6

# The rest of the machine. The workers' cells need Landlock and seccomp, and compiled components are mapped executable:
# MemoryDenyWriteExecute= must stay off.
NoNewPrivileges=yes
SystemCallFilter=@system-service landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp
SystemCallErrorNumber=EPERM
SystemCallArchitectures=native
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
# Not with runner-gpu, which needs its device.
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
UMask=0077
KeyringMode=private
# All that a supervisor needs that runs as root, to give each worker a user of its own; others hold none of them.
CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_CHOWN CAP_FOWNER CAP_DAC_OVERRIDE CAP_KILL CAP_SYS_RESOURCE
AmbientCapabilities=
";

pub(super) fn rules(plan: &Plan) -> String {
    let names = plan.about_names("/etc/hosts");
    let mut text = format!(
        "# Keeps a runner to its portal's address. systemd knows no ports: to close the portal's other ports too, load what\n\
         # `firewall --format nft --for user:NAME` prints.\n\
         #\n\
         # Write it to /etc/systemd/system/vision-runner.service.d/portal.conf, then\n\
         #     systemctl daemon-reload && systemctl restart vision-runner\n\
         {names}\n[Service]\nIPAddressDeny=any\n"
    );
    for address in plan.addresses() {
        let _ = writeln!(text, "IPAddressAllow={address}");
    }
    for caller in plan.callers.iter().filter(|caller| !plan.addresses().contains(&caller.address)) {
        let _ = writeln!(text, "# May call the runner, and by these rules be called by it.\nIPAddressAllow={caller}");
    }
    if let Some(port) = plan.port {
        let _ = writeln!(text, "# Listens here and nowhere else.\nSocketBindDeny=any\nSocketBindAllow=tcp:{port}");
    }
    text.push_str(HARDENING);
    text.push_str("StateDirectory=vision-runner\nEnvironment=VISION_RUNNER_DATA=/var/lib/vision-runner\n");
    text
}
