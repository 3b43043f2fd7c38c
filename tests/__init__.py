"""What Coalition promises, as sentences that can fail. Mirrors coalition/, plus journeys in the users' words."""
