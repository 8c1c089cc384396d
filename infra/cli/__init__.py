"""The `reelate` command: what a person does with a local cloud, a deployment, and their videos."""
