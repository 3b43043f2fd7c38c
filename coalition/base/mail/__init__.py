"""Mail: words.py renders a message, message.py builds what goes over the wire, transports.py opens the way out."""
