"""The small library beside the course: from signals to a trained, judged generator, one idea a module."""
