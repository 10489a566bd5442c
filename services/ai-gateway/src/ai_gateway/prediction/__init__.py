"""What will fail, and when: the risk ahead of each device."""
