"""The figures of one notebook each: `from course_lib.classroom.figures import notebook_05 as figures`."""
