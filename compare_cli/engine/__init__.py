"""Planning fits, running them side by side, and never losing one."""
