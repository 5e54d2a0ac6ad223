-- Where the look for twins that nobody knows of begins, until one is through: what a run that ended before found meanwhile
-- raises highest_number and says nothing of the numbers below it. NULL: above highest_number.
ALTER TABLE connection ADD COLUMN sweep_from INTEGER;
