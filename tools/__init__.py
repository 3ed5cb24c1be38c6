"""What keeps the repository in order; course_lib needs none of it, and notebooks only colab.py in their set-up cell."""
