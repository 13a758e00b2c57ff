"""The DNS doctor: looks at a sending domain's records, says what is wrong and which record mends it.

Free-standing: no Django, no database, no feature. `examine.examine` is the way in.
"""
