//! A Kubernetes `NetworkPolicy`.

use std::fmt::Write as _;

use super::{Network, Plan};

pub(super) fn rules(plan: &Plan) -> String {
    let names = plan.about_names("`hostAliases` of the pod");
    let mut text = format!(
        "# Keeps a runner's pods to their portal. Apply it in the runner's namespace:\n\
         #     kubectl apply -f FILE\n\
         # It takes a network plugin that enforces policies (Calico, Cilium, …), and pods with the label below.\n\
         # Where the portal is a pod of the same cluster, addresses do not do: a Service's address is another than its\n\
         # pods'. Put this in place of each `ipBlock` then:\n\
         #     - podSelector: {{ matchLabels: {{ app.kubernetes.io/name: vision-portal }} }}\n\
         # and the pods' port (not the Service's) in place of `port`.\n\
         {names}\
         apiVersion: networking.k8s.io/v1\n\
         kind: NetworkPolicy\n\
         metadata:\n  name: vision-runner\n\
         spec:\n  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: vision-runner\n  \
         policyTypes: [Ingress, Egress]\n  egress:\n"
    );
    for portal in &plan.portals {
        let _ = writeln!(
            text,
            "    - to:\n        - ipBlock:\n            cidr: {}\n      ports:\n        - protocol: TCP\n          port: {}",
            Network::of(portal.ip()),
            portal.port()
        );
    }
    text.push_str("  ingress:\n    - from:\n");
    for caller in &plan.callers {
        let _ = writeln!(text, "        - ipBlock:\n            cidr: {caller}");
    }
    if let Some(port) = plan.port {
        let _ = writeln!(text, "      ports:\n        - protocol: TCP\n          port: {port}");
    }
    text
}
