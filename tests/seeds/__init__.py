"""Whether the verdict on real tables holds from seed to seed."""
