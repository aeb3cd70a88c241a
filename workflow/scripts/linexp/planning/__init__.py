"""What the rules ask before any job runs: inputs, settings, recipes, resources, what is missing."""
