"""Phone numbers in the one form in which they can be compared and called: E.164."""

MAX_TYPED = 40  # characters, as people write them


def known_region(code: str) -> str:
    """Return a region's code; raises ValueError for one without a numbering plan."""
    import phonenumbers

    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("This is no region's code of ISO 3166-1, such as 'DE'.")
    return code


def e164(text: str, region: str | None = None) -> str:
    """Return a number as ITU-T E.164 writes it: `+` and up to 15 digits.

    `region` (ISO 3166-1, `DE`) is where a number without `+` is dialled from. A number that could
    be assigned by its length is taken: numbering plans grow faster than any library. An extension
    is no part of E.164, so a number with one is refused. Raises ValueError with a sentence for
    the caller.
    """
    # here and not above: a tenth of a cold start, for requests that bring a number
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            raise ValueError(
                "A phone number starts with '+' and a country code, such as '+49 30 5550142' "
                "(or the workspace has a `phone_region`)."
            ) from error
        raise ValueError("This is not a phone number.") from error
    if number.extension:
        raise ValueError("A phone number cannot have an extension here.")
    if not phonenumbers.is_possible_number(number):
        raise ValueError("This is not a phone number: too short or too long for its country.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
