import { list, type Words } from './words.ts';

export const en: Words = {
  small:
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
  tens: 'twenty thirty forty|fourty fifty sixty seventy eighty ninety|ninty',
  hundreds: '',
  hundred: list('hundred|hundreds'),
  scales: {
    ...{ thousand: 1_000, k: 1_000, grand: 1_000, million: 1_000_000, millions: 1_000_000, billion: 1_000_000_000 },
    ...{ trillion: 1_000_000_000_000, lakh: 100_000, lakhs: 100_000, crore: 10_000_000, crores: 10_000_000 },
  },
  groups: { dozen: 12, dozens: 12, doz: 12, couple: 2, pair: 2, pairs: 2 },
  one: list('one'),
  articles: list('a|an'),
  none: list('none|nobody|nothing|no one|nil'),
  ordinals: 'first|1st second|2nd third|3rd fourth|4th fifth|5th sixth|6th seventh|7th eighth|8th ninth|9th tenth|10th',
  last: list('last'),
  days31:
    'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth',
  firstDay: list('first'),
  months: 'january february march april may june july august september october november december',
  shortMonths: 'jan feb mar apr may jun jul aug sep|sept oct nov dec',
  weekdays: 'monday tuesday wednesday|wensday|wednesay thursday friday saturday sunday',
  shortWeekdays: 'mon tue|tues wed|weds thu|thur|thurs fri sat sun',
  days: {
    ...{
      today: 0,
      tomorrow: 1,
      tomorow: 1,
      tommorow: 1,
      tommorrow: 1,
      tomorro: 1,
      tmrw: 1,
      tmr: 1,
      tmw: 1,
      tomoz: 1,
      'day after tomorrow': 2,
      'day after tmrw': 2,
    },
    ...{ yesterday: -1, 'day before yesterday': -2 },
  },
  feasts: {
    christmas: '12-25',
    xmas: '12-25',
    'christmas day': '12-25',
    'christmas eve': '12-24',
    'new year': '01-01',
    'new years day': '01-01',
    "new year's day": '01-01',
    'new years eve': '12-31',
    "new year's eve": '12-31',
  },
  clocks: { noon: 720, noonish: 720, midday: 720, 'mid day': 720, midnight: 0 },
  parts: {
    morning: list('in the morning|morning'),
    afternoon: list('in the afternoon|afternoon'),
    evening: list('in the evening|evening'),
    night: list('at night|night|in the night'),
  },
  thisPart: { tonight: 'night', tonite: 'night', 'this morning': 'morning', 'this afternoon': 'afternoon', 'this evening': 'evening' },
  units: {
    second: list('s|sec|secs|seconds'),
    minute: list('min|mins|minute|minutes|m'),
    hour: list("h|hs|hr|hrs|hour|hours|o'clock|oclock|o clock"),
    day: list('d|day|days'),
    workday: list('workday|workdays|work day|work days|working day|working days|business day|business days'),
    week: list('w|wk|wks|week|weeks'),
    fortnight: list('fortnight|fortnights'),
    month: list('month|months|mo'),
    year: list('year|years|yr|yrs'),
  },
  marks: {
    at: list('at'),
    about: list('around|about'),
    and: list('and'),
    of: list('of'),
    half: list('a half|half a|half an'),
    halfBefore: list('half'),
    quarter: list('quarter|quarters'),
    past: list('past'),
    after: list('after'),
    to: list('to'),
    minus: list('minus'),
    next: list('next|coming'),
    last: list('last|previous'),
    ago: list('ago|back'),
    this: list('this'),
    in: list('in'),
    hence: list('from now|from today'),
    now: list('now|right now'),
    day: list('the'),
    percent: list('percent|per cent'),
    comma: list('point'),
    feira: list(''),
    stop: list(`
    not | no | never | n't | dont | cant | wont | isnt | cannot | nor | neither | without | except | excluding | or | but |
    before | until | till | til | by | since | between | from | over | under | above | below | more | more than | less |
    less than | fewer than | at least | at most | up to | any | anytime | every | each | all | some | few | several |
    both | other | another | either | something | later | earlier | onwards | within | than | minimum | maximum | max |
    once | twice | thanks a million | a million thanks | i sat | we sat | the sun | almost | nearly | odd | plus |
    weekend | good friday | black friday | cyber | easter | ash | palm | mondays | tuesdays | wednesdays | thursdays |
    fridays | saturdays | sundays | second half | a lot | lots | a bit | a few | or more | dozens of | end | beginning |
    thirds | fifths | sixths | sevenths | eighths | ninths | tenths | hundredths | thousandths | cents | cent |
    negative | i may | we may | they may | may i | may we | may be | may come | may do | may have | may need | may take |
    may want | eve`),
    drop: list(`
    on | for | i | im | i'm | we | are | is | it | it's | its | like | roughly | approximately | approx | more or less |
    or so | maybe | perhaps | think | guess | just | only | want | would | please | pls | plz | thanks | thank you | thx |
    yes | ok | okay | sure | sharp | on the dot | ish | good morning | good afternoon | good evening | hi | hello | hey |
    early | first thing | first thing in the morning | them | take | i'll | ill | have | need | give | do | come | me |
    works | fine | good | can | you | make | be`),
    counted: list(`
    person | people | persons | unit | units | item | items | time | times | x | g | kg | kgs | km | cm | mm | ml | l |
    un | pct | ft | lb | lbs | oz | kilo | kilos | litres | liters | kid | kids | child | children | adult | adults |
    dollars | dollar | euros | euro | pounds | pound | bucks | quid | years old`),
  },
  yes: list(`
    yessir | yas | ofc | def | very much so | naturally | good idea | i'm sure | im sure | that'll do | absolutely yes | most certainly | without a doubt | no doubt | i suppose so | i accept it | it does | they do | we do | we are | we will | we can | sounds fine | sounds perfect | ok by me | okay by me | okey dokey | roger | yes | y | ye | yeah | yea | ya | yep | yup | yah | yess | aye | sure | sure thing | surely | of course | certainly |
    absolutely | definitely | indeed | correct | exactly | right | that's right | thats right | that's correct |
    please do | go ahead | go for it | why not | for sure | you bet | i do | i am | i will | i would | i have | i can |
    yes i do | yes i am | sounds good | sounds great | perfect | great | awesome | confirmed | confirm | i confirm |
    agreed | agree | i agree | no problem | no problems | not a problem | no objection | with pleasure | true | let's do it |
    lets do it | let's go | i think so | i guess so | i believe so | i'd love to | id love to | totally | by all means |
    that's fine | thats fine | works for me | fine by me | fine with me | all good | i want it | i want to | that works |
    affirmative | mhm | uh huh | yes sir | hell yes | hell yeah | i accept | do it | count me in | im in | i'm in`),
  mild: list("ok|okay|okey|k|kk|fine|alright|all right|good|got it|cool|understood|okie|oki|right then|it's fine|its fine"),
  no: list(`
    nuh uh | nty | not anymore | not necessary | no more | not quite | not currently | hard pass | pass | no longer | i'd prefer not to | id prefer not to | prefer not to | i prefer not | prefer not | afraid not | i'm afraid not | im afraid not | we don't | we dont | we can't | we cant | it doesn't | it does not | i will not | i am unable | unable to | i have not | not going to | i'm not going to | disagree | i disagree | no | n | nope | nah | nay | no no | never | no way | not really | not interested | not a chance | i'm not | im not |
    i am not | not at all | absolutely not | definitely not | certainly not | of course not | don't | dont | do not |
    i don't | i dont | i do not | i don't want | i dont want | i don't want to | i dont want to | don't want | dont want |
    can't | cant | cannot | can not | i can't | i cant | i cannot | won't | wont | i won't | i wont | wouldn't |
    i wouldn't | i'd rather not | id rather not | rather not | i would rather not | i don't think so | i dont think so |
    dont think so | don't think so | think not | i think not | not yet | not me | negative | no can do | i'm good |
    im good | we're good | not this time | hell no | no need | i haven't | i havent | it isn't | it's not | its not |
    that's not right | thats not right | not correct | that's wrong | wrong | incorrect | none | don't bother | no sir |
    not for me | i don't need it | didn't | i didnt | i didn't | false | don't do it | dont do it | unfortunately not |
    not particularly | i'll pass | ill pass | no i dont | no thx`),
  firm: list(`
    i don't want | i dont want | i don't want to | i dont want to | don't want | dont want | not interested |
    i'd rather not | id rather not`),
  later: list(`
    not now | not today | not right now | not tomorrow | not at the moment | later | can't today | cant today |
    i can't today | i cant today | another time | another day | some other time`),
  unsure: list(`
    not sure | i'm not sure | im not sure | i am not sure | maybe | maybe later | maybe not | perhaps | i don't know |
    i dont know | dont know | don't know | idk | dunno | no idea | no clue | depends | it depends | that depends |
    yes and no | either | neither | don't care | dont care | i don't care | doesn't matter | doesnt matter | not certain |
    possibly | probably | might | i might | don't understand | i don't understand | i dont understand | dont understand |
    don't remember | i don't remember | i dont remember | let me think | let me check | what | how | huh | or | sort of |
    kind of | sometimes | whatever | right now | can't decide | cant decide | can't say | not quite sure | no comment |
    no preference | a bit | a little`),
  but: list('but|however|though|although|if|unless|when|only if|except|provided'),
  polite: list(`
    unfortunately | sadly | actually | honestly | i'm afraid | im afraid | to be honest | tbh | ma'am | guys | folks | bro | buddy | please | pls | plz | thanks | thank you | thx | ty | cheers | many thanks | thank you very much | i | and | then |
    sir | madam | mate | man | dude | lol | haha | hi | hello there | so | very much | well | oh | that | it | is | it's |
    that's | thats | its | really | sorry | no worries | not to worry | you | a lot | now | today | the | am | do | right |
    good | great | ok`),
  short: { u: 'you', ur: 'your', r: 'are' },
  pick: list(`
    the | a | an | option | number | num | nr | one | choice | choose | pick | i | want | would | like | i'd | id | i'll |
    ill | take | go | with | please | pls | plz | thanks | thank | you | ok | yes | to | for | me | of | have | give | my |
    is | think | lets | let's | hi | hello | just | can | get | it's | it | by | with`),
  pickNot: list(`
    not | dont | don't | no | none | never | remove | neither | nor | without | except | but | or | and | any | anything |
    all | both | either | everything | which | much | half | other | cancel | before |
    instead | hate | dislike | after | cant | can't | isnt | isn't`),
};
