"""Coalition: one joint letter, many organisations, from the first draft to a PDF anyone can check.

In reading order:

    tables          the whole schema on one page
    base            settings, clock, database, links, outbox, mail: knows no feature
    history         the hash-chained record of what happened
    people          coordinators and how they sign in
    letters         the text: drafting, versions, fingerprint, states, deadlines
    organisations   who can be asked: the directory, names, logos; spreadsheets: lists read and sorted out; registers
    invitations     asking: signed links, mail and its words, mail that comes back, importing; reminders; the tracker
    endorsements    answering: endorse, later, decline, withdraw; conditions; suggestions; joins; the undersigned; a new
                    version; what is asked for after delivery; merging two
    printings       the PDF: frozen list, receipts, layout, setting it apart from the site
    dispatch        sending a printing or noting that it was handed over; everybody on it told
    web             pages, by who is looking: public, answer, desk; their forms
    work            the worker: its post, its PDFs, its reading, its hours
    cli             the commands: what runs, one letter, keeping it
"""
