"""The directory: everyone in it, each one's page, logo, and two that are one."""
