"""Sound in and out: microphone and files as one kind of frame stream, the journal on disk, endpointing, loudspeaker."""
