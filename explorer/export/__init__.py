"""Reports, diagrams and code for other programs."""
