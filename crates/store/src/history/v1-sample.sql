-- What version 1 wrote for two dictations. Never changed: the present version must read it.
PRAGMA user_version = 1;
PRAGMA application_id = 1415673601;
INSERT INTO dictation VALUES (1, 1700000000000, 'The quick brown fox.', NULL, NULL, 'typed', 'Notes', 'Desk', 'base.en-q5_1', 'en',
    '{"audio":1500.0,"segments":1.0}', 1500, '20231114T221320.000Z-delivered.wav');
INSERT INTO dictation VALUES (2, 1700000060000, 'Grüße aus Zürich.', 'Grüsse aus Zürich.', 'aus Zürich.', 'held', 'Mail', '', 'base-q5_1', 'auto',
    '{}', 2400, NULL);
INSERT INTO withheld VALUES (2, 'Vielen Dank.', 'known-phrase');
