"""Rooms: who enters, leaves, is changed, and what is played to all."""
