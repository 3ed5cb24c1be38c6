"""What only notebooks use: checks of exercises, figures of one notebook, demonstrations, widgets, progress, results."""
