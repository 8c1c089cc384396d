"""The embedded cloud: start it, deploy the synthesised template to it, seed it, stop it."""
