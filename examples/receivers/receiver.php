<?php
// WEBHOOK_SECRET=whsec_… php -S 127.0.0.1:3002 receiver.php
declare(strict_types=1);

const TOLERANCE = 5 * 60;

/** Over the bytes as they came, never over JSON that was parsed and written again. */
function isGenuine(string $secret, string $body): bool
{
    $id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
    $timestamp = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    if ($id === '' || !preg_match('/^[0-9]{1,12}$/D', $timestamp) || abs(time() - (int) $timestamp) > TOLERANCE) {
        return false;
    }
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
    if ($key === false || $key === '') {
        return false;
    }
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    // Several while a secret is rotated.
    foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $given) {
        if (hash_equals($expected, $given)) {
            return true;
        }
    }
    return false;
}

$body = file_get_contents('php://input');
if (!isGenuine((string) getenv('WEBHOOK_SECRET'), $body)) {
    http_response_code(401);
    return;
}
$event = json_decode($body, true, 512, JSON_THROW_ON_ERROR);
// An event may come more than once, always under the same $event['id']: keep those that you have handled with your data.
error_log($event['type'] . ' ' . ($event['sessionName'] ?? '') . ' ' . ($event['data']['text'] ?? ''));
// To answer in the chat: 200 and {"actions":[{"text":"Thanks!"}]} instead.
http_response_code(204);
