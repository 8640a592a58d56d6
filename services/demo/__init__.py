"""The demonstration: real dossiers of ten real procedures, from filing to their end, over the real layers.

Applicants and officers are played here, as clients of the HTTP API; the national portal and the payment gateway are the local
counterparts; the database, the queue, the workers, the signatures, the call-backs are what runs in production. Only the time is
simulated: a clock that is moved from one event to the next. People and their papers are invented and named as examples.
"""
