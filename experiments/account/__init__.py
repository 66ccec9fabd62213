"""Planted reasons for methods to differ: how often the account names the right one."""
