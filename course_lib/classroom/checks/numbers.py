"""Two numbers in a message, the right one and the reader's, must not look alike."""


def apart(right: float, got: float, form: str = ".4f") -> tuple[str, str]:
    """Both numbers in a format such as ".4f" or ".4g", with up to five digits more where they look alike without."""
    digits, kind = int(form[1:-1]), form[-1]
    for more in range(digits, digits + 6):
        texts = f"{right:.{more}{kind}}", f"{got:.{more}{kind}}"
        if float(texts[0]) != float(texts[1]):
            return texts
    return f"{right:{form}}", f"{got:{form}}"
