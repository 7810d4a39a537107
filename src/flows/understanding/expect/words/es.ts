import { list, type Words } from './words.ts';

export const es: Words = {
  small:
    'cero un|una|uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve',
  tens: 'veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa',
  hundreds:
    'cien|ciento doscientos|doscientas trescientos|trescientas cuatrocientos|cuatrocientas quinientos|quinientas seiscientos|seiscientas setecientos|setecientas ochocientos|ochocientas novecientos|novecientas',
  scales: { mil: 1_000, k: 1_000, millon: 1_000_000, millones: 1_000_000, billon: 1_000_000_000_000, billones: 1_000_000_000_000 },
  groups: {
    ...{ docena: 12, docenas: 12, decena: 10, decenas: 10, par: 2, pares: 2 },
    ...{ centena: 100, centenas: 100, centenar: 100, centenares: 100, millar: 1_000, millares: 1_000 },
  },
  joined: {
    ...{ veintiuno: 21, veintiun: 21, veintiuna: 21, veintidos: 22, veintitres: 23, veinticuatro: 24, veinticinco: 25, veintiseis: 26 },
    ...{ veintisiete: 27, veintiocho: 28, veintinueve: 29 },
  },
  one: list('un|una'),
  none: list('ninguno|ninguna|ningun|nadie|nada'),
  ordinals:
    'primero|primera|primer|1ro|1ra segundo|segunda|2do|2da tercero|tercera|tercer|3ro|3ra cuarto|cuarta|4to|4ta quinto|quinta|5to|5ta sexto|sexta|6to|6ta septimo|septima|7mo|7ma octavo|octava|8vo|8va noveno|novena|9no|9na decimo|decima|10mo|10ma',
  last: list('ultimo|ultima'),
  firstDay: list('primero|primer dia'),
  months: 'enero febrero marzo abril mayo junio julio agosto septiembre|setiembre octubre noviembre diciembre',
  shortMonths: 'ene feb mar abr may jun jul ago sep|sept|set oct nov dic',
  weekdays: 'lunes martes miercoles jueves viernes sabado domingo',
  shortWeekdays: 'lun mar mie|mier jue vie sab dom',
  days: { hoy: 0, 'hoy mismo': 0, manana: 1, 'pasado manana': 2, pasadomanana: 2, ayer: -1, anteayer: -2, antier: -2, 'antes de ayer': -2 },
  feasts: { navidad: '12-25', nochebuena: '12-24', 'ano nuevo': '01-01', nochevieja: '12-31' },
  clocks: { mediodia: 720, 'medio dia': 720, medianoche: 0, 'media noche': 0, 'del dia': 720 },
  parts: {
    morning: list(`
    de la manana | por la manana | en la manana | a la manana | de la madrugada | por la madrugada | en la madrugada |
    de madrugada`),
    afternoon: list('de la tarde|por la tarde|en la tarde|a la tarde|de tarde|tarde'),
    evening: list(''),
    night: list('de la noche|por la noche|en la noche|a la noche|de noche|noche'),
  },
  thisPart: { 'esta manana': 'morning', 'esta tarde': 'afternoon', 'esta noche': 'night' },
  units: {
    second: list('s|seg|segs|segundos'),
    minute: list('min|mins|minuto|minutos|minutito|minutitos|m'),
    hour: list('h|hs|hr|hrs|hora|horas|horita|horitas'),
    day: list('d|dia|dias'),
    workday: list('dia habil|dias habiles|dia laborable|dias laborables|dia laboral|dias laborales'),
    week: list('semana|semanas|sem'),
    month: list('mes|meses'),
    year: list('ano|anos'),
  },
  marks: {
    at: list('a las|a la|las|al'),
    about: list('a eso de las|sobre las|como a las|tipo|cerca de las|alrededor de las|alrededor de|hacia las'),
    and: list('y|e|con'),
    of: list('de|del|de la'),
    half: list('media|medio'),
    quarter: list('cuarto|cuartos|un cuarto'),
    to: list('para las|para la|pa las|para el|para'),
    minus: list('menos'),
    next: list('que viene|proximo|proxima|entrante'),
    last: list('que paso|pasado|pasada|ultimo|ultima'),
    ago: list('hace|atras'),
    this: list('este|esta|de este|de esta'),
    in: list('en|dentro de|de aqui a'),
    hence: list('a partir de ahora|a partir de hoy'),
    now: list('ahora|ahora mismo|ahorita|ya|ya mismo'),
    day: list('el'),
    percent: list('por ciento'),
    comma: list('coma'),
    feira: list(''),
    stop: list(`
    no | ni | nunca | jamas | sin | max | mil gracias | mil perdones | mil disculpas | excepto | salvo | o | u | pero |
    antes | despues | tras | hasta | entre | desde | a partir | mas | mas de | mas que | menos de | menos que |
    por lo menos | al menos | minimo | maximo | como minimo | como maximo | casi | cualquier | cualquiera | todo | todos |
    toda | todas | cada | algun | alguna | algunos | algunas | poco | poca | pocos | pocas | varios | varias | muchos |
    muchas | ambos | otro | otra | otros | otras | mas tarde | mas temprano | pico | luego | siguiente | fin de semana |
    en adelante | mitad | santo | santa | pascua | ramos | ceniza | carnaval | un poco | algo | entero | entera | sabados |
    domingos | los lunes | los martes | los jueves | los viernes | los miercoles |
    tercio | tercios | quintos | sextos | septimos | octavos | novenos | decimos | medios | avos | vigesimo | vigesima |
    trigesimo | trigesima | centesimo | centesimos | milesimo | milesimos | centavo | centavos | centimo | centimos |
    negativo | negativa | negativos | negativas | doble de | triple de | habil | habiles | laborable | laborables |
    vispera | visperas | traspasado`),
    drop: list(`
    la | lo | los | que | unos | unas | como | mas o menos | aproximadamente | cerca de | creo | creo que | quizas |
    tal vez | quiero | quisiera | puede | ser | seria | puede ser | por favor | porfa | porfavor | gracias | si | ok | yo |
    me | solo | solamente | es | sola | solas | solos | en punto | punto | faltan | falta | a primera hora | buenos dias |
    buenas tardes | buenas noches | hola | buenas | temprano | mejor | prefiero | ten`),
    counted: list(`
    somos | seremos | son | tengo | persona | personas | unidad | unidades | vez | veces | x | g | kg | kgs | km | cm |
    mm | ml | l | pct | lt | lts | kilo | kilos | litro | litros | metro | metros | hijo | hijos | hija | hijas | nino |
    ninos | adulto | adultos | pesos | peso | euros | euro | dolares | dolar | nota`),
  },
  yes: list(`
    sin dudas | orale | andale | asi mero | de una | con mucho gusto | esta perfecto | me parece bien | me parece | barbaro | ciertamente | por supuesto que si | seguro que si | eso si | si senora | confirmo asistencia | de ley | si | s | sip | sep | claro | claro que si | que si | por supuesto | desde luego | correcto | exacto | exactamente |
    asi es | eso es | eso | lo confirmo | si lo confirmo | afirmativo | confirmo | confirmado | quiero | si quiero |
    lo quiero | dale | perfecto | de acuerdo | como no | por que no | porque no | creo que si | pienso que si | seguro |
    obvio | acepto | autorizo | me gustaria | puede ser | adelante | con gusto | efectivamente | cierto | genial |
    estupendo | excelente | sin problema | no hay problema | tengo | si tengo | puedo | si puedo | lo recibi | ya |
    sin duda | ojala | simon | sale | va | listo | positivo | tambien si | si senor | vamos | por favor`),
  mild: list('ok|okay|okey|vale|bueno|bien|esta bien|muy bien|todo bien|entendido|entiendo|ya esta|ta bien|ta bueno|oki'),
  no: list(`
    nones | pa nada | no creo | no va a ser posible | no sera posible | no es posible | no podre ir | no voy a ir | no ire | ya no quiero | esta mal | no fue | no me parece | no estoy de acuerdo | no me gustaria | no | n | nop | nope | nel | no no | nunca | jamas | negativo | para nada | de ninguna manera | de ningun modo |
    en absoluto | ni hablar | ni loco | ni loca | claro que no | por supuesto que no | creo que no | pienso que no |
    mejor no | todavia no | aun no | ya no | prefiero no | prefiero que no | lamentablemente no | no quiero | no puedo |
    no podre | no voy | no voy a poder | no me interesa | no estoy interesado | no estoy interesada | no hace falta |
    no tengo | no es | no gracias | no acepto | no autorizo | no confirmo | no deseo | no lo quiero | no quisiera |
    no me gusta | no lo recibi | no recibi | no necesito | nada | ninguno | ninguna | tampoco | que no | dejalo |
    no mucho | desde luego que no | no lo creo | yo no | no esta | no por ahora | por ahora no | de momento no |
    no va a poder ser | no es correcto | no por el momento | incorrecto | no esta bien | no es necesario`),
  firm: list('no quiero|no necesito|no voy|no voy a poder|no me interesa|no deseo|no quisiera'),
  later: list(`
    ahora no | hoy no | no hoy | no ahora | manana no | hoy no puedo | ahora no puedo | no puedo hoy | no puedo ahora |
    despues | luego | mas tarde | otro dia | en otro momento | no manana`),
  unsure: list(`
    no se | no lo se | ni idea | tal vez | talvez | quizas | quiza | depende | no estoy seguro | no estoy segura |
    no entiendo | no entendi | no recuerdo | no me acuerdo | da igual | me da igual | a lo mejor | puede que |
    puede que si | puede que no | ni si ni no | lo voy a pensar | voy a ver | a ver | dejame ver | dejame pensarlo | como |
    que | o | mas o menos | un poco | a veces | no importa | aun no se | todavia no se | si y no | no comprendo |
    no sabria | no lo tengo claro | quien sabe`),
  but: list('pero|aunque|sino|cuando|solo si|siempre que|excepto|menos|salvo'),
  polite: list(`
    creo | creo que | pienso que | prefiero | prefiero que | en verdad | sinceramente | desafortunadamente | desgraciadamente | por desgracia | de momento | por ahora | ir | asistir | por favor | porfa | porfavor | gracias | muchas gracias | mil gracias | yo | entonces | y | amigo | amiga | senor |
    senora | hola | buenos dias | buenas tardes | buenas noches | buenas | jaja | jajaja | ya | pues | hombre | eh |
    por mi | ahora | hoy | muy amable | todo | muy | la verdad | lamentablemente | lo | el | la | que bien | bien`),
  short: { q: 'que', xq: 'porque', tb: 'tambien' },
  pick: list(`
    el | la | los | las | lo | de | del | un | una | opcion | numero | num | elijo | escojo | prefiero | quiero |
    quisiera | puede | ser | seria | es | por favor | porfa | favor | por | gracias | ok | si | creo | que | para | mi |
    yo | esa | ese | hola | buenas | buenos | dias | tardes | con | hablar | me | solo`),
  pickNot: list(`
    no | ni | sin | menos | excepto | salvo | ninguno | ninguna | nunca | quita | quitar | o | u | y | pero | cualquier |
    cualquiera | todos | todas | todo | ambos | ambas | cuanto | cual | medio | media | mitad |
    otro | cancelar | antes | despues | odio | detesto | cambiar`),
};
