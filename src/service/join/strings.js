// Every text of the page, by language. To add a language, add an entry with the same names: the page uses the
// first of the browser's languages that is here. Words in braces are filled in.
const STRINGS = {
  en: {
    loading: 'Checking the invitation…',
    invited: 'You are invited to a call',
    room: 'Room',
    until: 'Valid until',
    time: '{when} ({relative})',
    name: 'Your name',
    name_help: 'The others in the call see it.',
    fixed: 'You join as {name}.',
    join: 'Join the call',
    joining: 'Joining…',
    opening: 'The call is opening.',
    open: 'Open the call',
    again: 'Try again',
    not_invited: 'You cannot join with this link',
    no_code: 'The link has no invitation in it. Open the whole link that you were given.',
    incomplete: 'The link is incomplete or was changed. Open the whole link that you were given, or ask for a new one.',
    unknown_key: 'This invitation is not for this server, or is no longer accepted. Ask for a new link.',
    expired: 'This invitation ended on {when}. Ask for a new link.',
    not_yet: 'This invitation starts on {when}. Come back then.',
    used_up: 'This invitation has been used as often as it allows. Ask for a new link.',
    uncounted: 'This server does not accept invitations with a maximum number of uses. Ask for a new link.',
    rate_limited: 'Too many people are joining right now. Try again in a moment.',
    unreachable: 'The server did not answer. Check your connection, and try again.',
    other: 'The server refused: {reason}.',
  },
};

// The text for each code of a refusal. See docs/invitations.md.
const REFUSALS = {
  not_an_invitation: 'incomplete',
  invitation_malformed: 'incomplete',
  invitation_bad_signature: 'incomplete',
  invitation_unknown_key: 'unknown_key',
  invitation_expired: 'expired',
  invitation_not_yet_valid: 'not_yet',
  invitation_used_up: 'used_up',
  invitation_uncounted: 'uncounted',
  rate_limited: 'rate_limited',
};
